"""Where a training starts: a vector field that calms the observed channels and leaves noise in the others."""

from __future__ import annotations

import torch

from ..network import VectorField

_RATE = 3.0  # of the decay, per unit of ODE time
_SLOPE = 0.5  # how steeply the last sigmoids are entered; smaller is more linear, and needs larger weights behind


@torch.no_grad()
def start_contracting(field: VectorField, observed: int) -> None:
    """Initialise so that dx/dt is about -3 x in the first `observed` channels and 0 in the others.

    From rest (the paper's start) the field must first learn to take white noise of amplitude 1 out of what is seen, and
    its last layer, whose output is bounded, grows towards the speed this takes by a learning rate a step. Here the
    noise decays to a few hundredths within the warm-up before anything is learned; texture is then shaped from
    the hidden channels.

    A texel reaches the velocity past the U-Net, through two 1 x 1 convolutions: the first gives a channel x_k and its
    negative, for SiLU(a) - SiLU(-a) = a; the second takes the difference. GroupNorm divides by the deviation of four
    features, so in each group x_k is accompanied by a hidden channel, whose noise keeps that deviation up: alone, it
    would be amplified the more the calmer it gets. A field too narrow for all observed channels calms what it can.
    """
    width, channels = field.config.width, field.config.channels
    hidden = range(observed, channels)
    if not hidden:
        return
    first, last, velocity = field.first.convolution, field.last.convolution, field.velocity
    assert first.bias is not None and last.bias is not None and velocity.bias is not None
    for k in range(min(observed, width // 4)):
        pair = 4 * k  # the group of `first` that carries x_k: x_k, -x_k, and the same of a hidden channel
        row = 4 * (k // 2) + k % 2  # of `last`, whose groups carry two observed channels, then two hidden ones
        first.weight[pair : pair + 4] = 0
        first.bias[pair : pair + 4] = 0
        for offset, channel in ((0, k), (2, hidden[k % len(hidden)])):
            first.weight[pair + offset, channel] = 1
            first.weight[pair + offset + 1, channel] = -1
            last.weight[row + offset] = 0
            last.bias[row + offset] = 0
            last.weight[row + offset, width + pair + offset] = 1  # `first` comes behind the U-Net's features
            last.weight[row + offset, width + pair + offset + 1] = -1
        field.last.norm.weight[row] = _SLOPE
        # A sigmoid is 1/2 + a/4 for small a.
        velocity.weight[k, row] = -4 * _RATE / _SLOPE
        velocity.bias[k] = 2 * _RATE / _SLOPE
