"""A plain PyTorch loop, as in many repositories: it prints, saves one file an epoch, and talks.

    python train_torch.py DIR [--epochs 30] [--name model_epoch{}.pth]

It over-fits on purpose: from some epoch on the validation loss grows.
"""

from __future__ import annotations

import argparse
import os

import torch


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("directory")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--name", default="model_epoch{}.pth")
    options = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(1)
    x, noise = torch.randn(24, 40), torch.randn(24, 1)
    y, wanted = x[:, :1] + noise, torch.randn(200, 40)
    model = torch.nn.Sequential(torch.nn.Linear(40, 128), torch.nn.ReLU(), torch.nn.Linear(128, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
    for epoch in range(1, options.epochs + 1):
        for _ in range(5):
            optimizer.zero_grad()
            loss = torch.nn.functional.mse_loss(model(x), y)
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            value = torch.nn.functional.mse_loss(model(wanted), wanted[:, :1]).item()
        print(f"epoch {epoch}/{options.epochs} loss={loss.item():.4f} val_loss={value:.4f}")
        path = os.path.join(options.directory, options.name.format(epoch))
        torch.save({"epoch": epoch, "model": model.state_dict(), "val_loss": value}, path)
        print(f"Saved checkpoint: {path}")
    torch.save(model.state_dict(), os.path.join(options.directory, "model.pth"))


if __name__ == "__main__":
    main()
