"""Learn with the real Stable-Baselines3, load what slimming leaves, and try to resume.

    python tests/real/slim_stable_baselines.py train|load|resume RUN_DIR [STEP]

Prints one line of JSON: what a loaded model does, or why the replay buffer could not be loaded.
"""

import json
import sys
from pathlib import Path

import gymnasium
from stable_baselines3 import DQN
from stable_baselines3.common.callbacks import CheckpointCallback
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize


def environment() -> DummyVecEnv:
    return DummyVecEnv([lambda: gymnasium.make("CartPole-v1")])


def train(run: Path) -> dict[str, float]:
    model = DQN(
        "MlpPolicy", VecNormalize(environment()), buffer_size=600, learning_starts=10, seed=5,
        policy_kwargs={"net_arch": [4]}, device="cpu",
    )  # fmt: skip
    model.learn(250, CheckpointCallback(50, str(run), "dqn", True, True))
    return {}


def load(run: Path, step: str) -> dict[str, object]:
    """Evaluate, with the statistics of normalisation that the model was trained with."""
    around = VecNormalize.load(str(run / f"dqn_vecnormalize_{step}_steps.pkl"), environment())
    model = DQN.load(run / f"dqn_{step}_steps.zip", env=around, device="cpu")
    around.training = False
    around.seed(3)
    seen = around.reset()
    sums = []
    for _ in range(5):
        seen, _, _, _ = around.step(model.predict(seen, deterministic=True)[0])
        sums.append(float(seen.sum()))
    return {"seen": sums}


def resume(run: Path, step: str) -> dict[str, object]:
    around = VecNormalize.load(str(run / f"dqn_vecnormalize_{step}_steps.pkl"), environment())
    model = DQN.load(run / f"dqn_{step}_steps.zip", env=around, device="cpu")
    try:
        model.load_replay_buffer(run / f"dqn_replay_buffer_{step}_steps.pkl")
    except Exception as error:
        return {"error": type(error).__name__, "text": str(error)}
    held = model.replay_buffer.size()
    model.learn(20, reset_num_timesteps=False)
    return {"held": held, "ended_at": model.num_timesteps}


def main() -> None:
    doing, place, *rest = sys.argv[1:]
    report = {"train": train, "load": load, "resume": resume}[doing](Path(place), *rest)
    sys.stdout.write(json.dumps(report) + "\n")


if __name__ == "__main__":
    main()
