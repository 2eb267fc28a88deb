"""When a checkpoint of somebody else is finished, and whether events can be trusted to say so."""

from __future__ import annotations

from dataclasses import replace

import pytest
from keepstep.policies.catalog.model import Catalog, Checkpoint, Kind, Measure, Member, State
from keepstep.policies.processes.activity import Activity, OpenFile, Process
from keepstep.policies.training.completion import Completion
from keepstep.policies.training.directory_events import polls

MOUNTS = (
    "/dev/vda / ext4 rw 0 0\n"
    "server:/home /home nfs4 rw 0 0\n"
    "tmpfs /home/amy/local tmpfs rw 0 0\n"
    "mds@o2ib:/fs /lustre/my\\040fs lustre rw 0 0\n"
    "gs /bucket fuse.gcsfuse rw 0 0\n"
)


def one(number: int, identity: str, state: State = State.COMPLETE) -> Checkpoint:
    name = f"model.pth.{number}"
    measure = Measure(10, 10, 1, 0, identity)
    members = (Member(name, Kind.FILE),)
    return Checkpoint(
        name, "model.pth.*", "epoch-files", members, epoch=number, state=state, measure=measure
    )


def catalog(*checkpoints: Checkpoint) -> Catalog:
    return Catalog("/run", checkpoints=checkpoints)


def test_what_was_there_is_finished_and_never_new():
    seen = Completion(3)
    seen.begin(catalog(one(1, "a")))
    assert seen.look(catalog(one(1, "a")), 0) == ()
    assert seen.whole == {"model.pth.1"}


def test_it_is_finished_when_it_has_not_changed_for_a_while():
    seen = Completion(3)
    assert seen.look(catalog(one(1, "a")), 0) == ()
    assert seen.due == 3
    assert seen.look(catalog(one(1, "b")), 2) == ()
    assert seen.look(catalog(one(1, "b")), 4.9) == ()
    assert seen.whole == frozenset()
    assert seen.look(catalog(one(1, "b")), 5) == ("model.pth.1",)
    assert seen.look(catalog(one(1, "b")), 9) == ()
    assert seen.due is None


def test_it_is_finished_when_its_trainer_says_so_unless_it_is_torn():
    seen = Completion(3)
    torn = one(2, "x", State.INCOMPLETE)
    told = {"model.pth.1", "model.pth.2"}
    assert seen.look(catalog(one(1, "a"), torn), 0, told) == ("model.pth.1",)
    assert seen.whole == {"model.pth.1"}


def test_what_is_written_over_is_unfinished_again():
    seen = Completion(3)
    seen.begin(catalog(one(1, "a")))
    assert seen.look(catalog(one(1, "b")), 0) == ()
    assert seen.whole == frozenset()
    assert seen.watched == ("model.pth.1",)
    assert seen.look(catalog(one(1, "b")), 3) == ("model.pth.1",)


def test_what_vanished_is_forgotten():
    seen = Completion(3)
    seen.begin(catalog(one(1, "a")))
    seen.look(catalog(one(2, "b")), 0)
    seen.look(catalog(), 1)
    assert (seen.whole, seen.watched) == (frozenset(), ())


def test_when_nobody_writes_any_more_all_is_finished():
    seen = Completion(3)
    assert seen.look(catalog(one(1, "a")), 0, at_rest=True) == ("model.pth.1",)


def test_what_a_process_still_writes_is_not_finished_however_long_it_pauses():
    seen = Completion(3)
    busy = Activity((Process(7, "python train.py", (OpenFile("model.pth.1", True),)),))
    reader = Activity((Process(8, "python eval.py", (OpenFile("model.pth.1", False),)),))
    for now in (0, 5, 10):
        assert seen.look(replace(catalog(one(1, "a")), activity=busy), now) == ()
    assert seen.look(replace(catalog(one(1, "a")), activity=reader), 13) == ("model.pth.1",)


def test_copies_without_a_number_are_not_announced():
    from keepstep.policies.catalog.model import Standing

    last = replace(one(1, "a"), standing=Standing.RESUME)
    assert Completion(3).look(catalog(last), 0, at_rest=True) == ()


@pytest.mark.parametrize(
    ("path", "environment", "asks"),
    [
        ("/scratch/run", {}, False),
        ("/home/amy/run", {}, True),
        ("/home/amy/local/run", {}, False),
        ("/homework", {}, False),
        ("/lustre/my fs/run", {}, True),
        ("/bucket/run", {}, True),
        ("/scratch/run", {"WATCHFILES_FORCE_POLLING": "1"}, True),
        ("/home/amy/run", {"WATCHFILES_FORCE_POLLING": "false"}, False),
    ],
)
def test_events_are_not_trusted_on_network_mounts(path: str, environment: dict, asks: bool):
    assert polls(path, environment, MOUNTS) is asks
