"""Where models compute: what can be asked for, and what there is on this machine."""

import os
from typing import Literal

import torch

from analysis.choices import Device, chosen
from analysis.errors import InputError

WantedDevice = Literal["auto", "cpu", "cuda", "mps"]
WANTED_DEVICES: tuple[WantedDevice, ...] = ("auto", "cpu", "cuda", "mps")
"""What may be asked for; ``auto`` is a GPU where torch finds one, else the processor."""


def default_device() -> WantedDevice:
    """Where models compute when nobody says: ``PRETEXT_DEVICE``, else on the processor."""
    return check_device(os.environ.get("PRETEXT_DEVICE", "").strip() or "cpu")


def check_device(wanted: str) -> WantedDevice:
    """Return ``wanted``, or raise InputError when it is no device."""
    return chosen("device", wanted, WANTED_DEVICES)


def available() -> tuple[Device, ...]:
    """The devices of this machine that torch can use, the fastest first."""
    gpus: tuple[tuple[Device, bool], ...] = (
        ("cuda", torch.cuda.is_available()),
        ("mps", torch.backends.mps.is_available()),
    )
    return (*(device for device, there in gpus if there), "cpu")


def found(wanted: WantedDevice) -> Device:
    """The device that a wish comes to on this machine; InputError if it is not there."""
    there = available()
    if wanted == "auto":
        return there[0]
    if wanted not in there:
        raise InputError(
            f"The device {wanted} came, but torch finds none here: choose cpu, or auto to have a GPU only where there "
            "is one."
        )
    return wanted
