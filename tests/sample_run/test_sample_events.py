"""The event file of the sample run, read back with a parser that knows nothing of its writer."""

import json
import struct

import pytest
from keepstep.tui.sample.events import masked_crc32c


def read_events(path):
    """(step, tag, value) of every record, each checksum verified."""
    data, at = path.read_bytes(), 0
    while at < len(data):
        length, crc = struct.unpack_from("<QI", data, at)
        event = data[at + 12 : at + 12 + length]
        assert crc == masked_crc32c(data[at : at + 8])
        assert struct.unpack_from("<I", data, at + 12 + length) == (masked_crc32c(event),)
        at += 16 + length
        yield parse_event(event)


def parse_event(event):
    assert event[0] == 0x09
    fields = dict(parse_message(event))
    if 3 in fields:
        return 0, "version", fields[3].decode()
    value = dict(parse_message(dict(parse_message(fields[5]))[1]))
    return fields[2], value[1].decode(), struct.unpack("<f", value[2])[0]


def parse_message(data):
    at = 0
    while at < len(data):
        number, wire = data[at] >> 3, data[at] & 7
        at += 1
        if wire in (1, 5):
            size = 8 if wire == 1 else 4
        else:
            size, at = parse_varint(data, at)
        if wire == 0:
            yield number, size
            continue
        yield number, data[at : at + size]
        at += size


def parse_varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 0x80:
            return value, at


def test_the_checksum_of_events_is_castagnoli():
    unmasked = 0xE3069283  # the check value of CRC-32C, for the digits 1 to 9
    masked = ((unmasked >> 15 | unmasked << 17) + 0xA282EAD8) & 0xFFFFFFFF
    assert masked_crc32c(b"123456789") == masked


def test_the_event_file_agrees_with_the_trainer_state(run):
    (path,) = run.glob("runs/Nov21_10-00-00_gpu07/events.out.tfevents.*")
    first, *scalars = read_events(path)
    assert first == (0, "version", "brain.Event:2")
    seen = {(step, tag): value for step, tag, value in scalars}
    assert len(seen) == len(scalars)
    state = json.loads((run / "checkpoint-17000" / "trainer_state.json").read_text())
    for row in state["log_history"]:
        tag, name = ("eval/loss", "eval_loss") if "eval_loss" in row else ("train/loss", "loss")
        assert seen[row["step"], tag] == pytest.approx(row[name], rel=1e-6)
    assert max(step for step, _ in seen) == 17_100
