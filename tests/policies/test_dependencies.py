"""What a kept checkpoint needs of another stays, and what that one needs in turn."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from keepstep.policies import commit, make_plan, scan
from keepstep.policies.catalog.model import Catalog, Need, Pin, Reference
from keepstep.policies.rules.counts import LastRule

from .catalogs import NOW, catalog, checkpoint, kept_steps, policy, reasons_of
from .trees import hugging_face

ONE = policy(LastRule(1))


def _linked(links: dict[int, str]) -> Catalog:
    """checkpoint-N whose weights are a link."""
    found = []
    for step in (100, 200, 300, 400):
        one = checkpoint(step)
        assert one.measure is not None
        path = (f"checkpoint-{step}/model.safetensors", links.get(step, ""))
        found.append(replace(one, measure=replace(one.measure, links=(path,) if path[1] else ())))
    return catalog(found)


def test_a_link_into_another_checkpoint_keeps_it():
    run = _linked({400: "../checkpoint-100/model.safetensors"})
    plan = make_plan(run, ONE, now=NOW)
    assert kept_steps(plan) == [100, 400]
    assert reasons_of(plan, 100) == ["checkpoint-400 links into it (model.safetensors)"]
    assert kept_steps(make_plan(run, ONE, marks=frozenset({"checkpoint-100"}), now=NOW)) == [
        100,
        400,
    ]


def test_a_chain_of_links_is_followed_to_its_end():
    run = _linked({400: "../checkpoint-300/model.safetensors",
                   300: "/runs/amy/checkpoint-100/model.safetensors"})  # fmt: skip
    assert kept_steps(make_plan(run, ONE, now=NOW)) == [100, 300, 400]


def test_a_ring_of_links_ends():
    run = _linked({400: "../checkpoint-300/x", 300: "../checkpoint-400/x"})
    assert kept_steps(make_plan(run, ONE, now=NOW)) == [300, 400]


def test_what_a_rule_keeps_is_not_for_hands_while_it_is_needed():
    run = _linked({400: "../checkpoint-300/model.safetensors"})
    plan = make_plan(run, policy(LastRule(2)), now=NOW)
    assert plan.decisions[2].protected
    marks = frozenset({"checkpoint-300"})
    assert kept_steps(make_plan(run, policy(LastRule(2)), marks=marks, now=NOW)) == [300, 400]


def test_what_goes_needs_nothing():
    run = _linked({200: "../checkpoint-100/model.safetensors"})
    assert kept_steps(make_plan(run, ONE, now=NOW)) == [400]
    pins = {"checkpoint-200": Pin("checkpoint-200")}
    assert kept_steps(make_plan(run, ONE, pins=pins, now=NOW)) == [100, 200, 400]


def test_links_that_lead_elsewhere_keep_nothing():
    for text in ("../../precious/x", "/runs/amyx/checkpoint-100/x", "../gone/x", "optimizer.pt"):
        assert kept_steps(make_plan(_linked({400: text}), ONE, now=NOW)) == [400]


def test_an_adapter_that_stays_keeps_its_base_and_one_that_goes_does_not():
    adapters = [checkpoint(step, family="lora/checkpoint-*") for step in (10, 20)]
    bases = [checkpoint(step, family="base/checkpoint-*") for step in (100, 200, 300)]
    named = [
        Reference(f"lora/checkpoint-{step}/adapter_config.json", f"base/checkpoint-{base}",
                  Need.BASE, f"lora/checkpoint-{step}")
        for step, base in ((10, 100), (20, 200))
    ]  # fmt: skip
    run = replace(catalog([*adapters, *bases]), references=tuple(named))
    plan = make_plan(run, ONE, now=NOW)
    assert kept_steps(plan) == [200, 300, 20]
    assert reasons_of(plan, 200) == ["base of lora/checkpoint-20 (adapter_config.json)"]


def test_links_are_seen_on_a_real_disk(tmp_path: Path):
    hugging_face(tmp_path, [100, 200, 300])
    weights = tmp_path / "checkpoint-300/model.safetensors"
    weights.unlink()
    weights.symlink_to("../checkpoint-100/model.safetensors")
    assert kept_steps(make_plan(scan(str(tmp_path)), ONE, now=NOW)) == [100, 300]


def test_a_link_in_one_that_was_not_sized_yet_is_found_before_anything_moves(tmp_path: Path):
    hugging_face(tmp_path, [100, 200, 300])
    weights = tmp_path / "checkpoint-300/model.safetensors"
    weights.unlink()
    weights.symlink_to("../checkpoint-100/model.safetensors")
    early = scan(str(tmp_path), measure={"checkpoint-100", "checkpoint-200"})
    done = commit(make_plan(early, ONE, now=NOW))
    assert done.trashed == ("checkpoint-200",)
    assert "checkpoint-300 links into it" in done.skipped[0].why
