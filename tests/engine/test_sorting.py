"""Rows come out as torch's own stable sort gives them, with gradients where the values came from."""

from __future__ import annotations

import pytest
import torch
from patina.engine.training.sorting import differentiably_sorted_rows, sorted_rows
from torch import Tensor

INFINITE = float("inf")
ROWS = {
    "random": torch.randn((5, 333), generator=torch.Generator().manual_seed(0)),
    "equal": torch.randint(-2, 3, (5, 333), generator=torch.Generator().manual_seed(0)).float(),
    "of all sizes": torch.tensor([[0.0, -1e-40, INFINITE, -3e38, 1e-40, 5.0, -INFINITE, -5.0, 3e38]]),
    "a column of": torch.randn((333, 5), generator=torch.Generator().manual_seed(0)).T,
}


@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS.keys())
def test_rows_rise(rows: Tensor) -> None:
    expected = rows.sort(dim=1).values
    assert torch.equal(sorted_rows(rows), expected)
    assert torch.equal(differentiably_sorted_rows(rows), expected)


@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS.keys())
def test_gradients_go_back_to_where_each_value_came_from(rows: Tensor) -> None:
    weights = torch.arange(rows.numel(), dtype=torch.float32).reshape(rows.shape)
    gradients = []
    for sort in (differentiably_sorted_rows, lambda values: values.sort(dim=1, stable=True).values):
        values = rows.clone().requires_grad_()
        (gradient,) = torch.autograd.grad((sort(values).nan_to_num(1, 1, 1) * weights).sum(), values)
        gradients.append(gradient)
    assert torch.equal(*gradients)
