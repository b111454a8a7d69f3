"""Makes tests/data/tiny.safetensors, a model so small that tests need not wait: random weights, strong change with age.

.venv/bin/python tests/make_tiny_model.py
"""

from pathlib import Path

import torch
from patina.engine.models.model_file import save_model
from patina.engine.models.model_header import ModelHeader
from patina.engine.models.network import NetworkConfig, VectorField


def tiny_header(**changes: object) -> ModelHeader:
    fields = {
        "name": "tiny",
        "title": "Tiny test model",
        "network": NetworkConfig(6, 8, (1, 2), False).to_header(),
        "duration": 1.0,
        "warm_up": 0.5,
        "grid": {"warm_up_steps": 4, "steps": 8, "method": "euler"},
        "appearance": {
            "form": "rgb",
            "fresh_color": [0.8, 0.8, 0.8],
            "departure": [0.1, 0.6],
            "metallic": [1.0, 0.0],
            "roughness": [0.3, 0.9],
            "relief": [2.0, 1.0],
        },
        "estimated": ["metallic", "roughness", "height", "normal"],
        "credit": "Patina",
        "licence": "CC0-1.0",
        "training": {"kind": "random"},
        "sha256": "",
    }
    return ModelHeader(**fields | changes)


def tiny_field() -> VectorField:
    torch.manual_seed(7)
    field = VectorField(NetworkConfig(6, 8, (1, 2), False))
    with torch.no_grad():
        field.velocity.weight.mul_(3)
        # From pale grey to dark brown: the mean colour falls with time, blue the fastest.
        drift = torch.tensor([-0.6, -1.2, -1.6, 0, 0, 0])
        field.velocity.bias.copy_(drift - 0.5 * field.velocity.weight.sum((1, 2, 3)))
    return field


if __name__ == "__main__":
    save_model(tiny_field(), tiny_header(), Path(__file__).parent / "data" / "tiny.safetensors")
