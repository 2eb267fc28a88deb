"""Learn with the real Stable-Baselines3 under its CheckpointCallback and EvalCallback.

    python tests/real/write_stable_baselines.py RUN_DIR

Leaves a zip, a replay buffer and the statistics of normalisation per save, best_model.zip, and
monitor and evaluation files; truth.json lands beside RUN_DIR.
"""

import sys
from pathlib import Path

import gymnasium
import stable_baselines3
from stable_baselines3 import DQN
from stable_baselines3.common.callbacks import CheckpointCallback, EvalCallback
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize
from truth import SavedCheckpoint, Truth

SAVE_EVERY, STEPS = 50, 150
PARTS = ("rl_model_{}_steps.zip", "rl_model_replay_buffer_{}_steps.pkl",
         "rl_model_vecnormalize_{}_steps.pkl")  # fmt: skip


def build_environment(log: Path | None) -> VecNormalize:
    make = lambda: Monitor(gymnasium.make("CartPole-v1"), str(log) if log else None)  # noqa: E731
    return VecNormalize(DummyVecEnv([make]))


def main() -> None:
    run_dir = Path(sys.argv[1])
    run_dir.mkdir(parents=True)
    model = DQN(
        "MlpPolicy", build_environment(run_dir / "train"), buffer_size=60, learning_starts=10,
        policy_kwargs={"net_arch": [4]}, seed=5, device="cpu",
    )  # fmt: skip
    saver = CheckpointCallback(
        SAVE_EVERY, str(run_dir), save_replay_buffer=True, save_vecnormalize=True
    )
    evaluator = EvalCallback(
        build_environment(None), eval_freq=SAVE_EVERY, n_eval_episodes=1,
        best_model_save_path=str(run_dir), log_path=str(run_dir), verbose=0,
    )  # fmt: skip
    model.learn(STEPS, callback=[saver, evaluator])
    truth = Truth("stable-baselines3", stable_baselines3.__version__, run_dir.name)
    for step in range(SAVE_EVERY, STEPS + 1, SAVE_EVERY):
        members = [part.format(step) for part in PARTS]
        saved = SavedCheckpoint(f"rl_model_{step}_steps", step, None, members=members)
        truth.checkpoints.append(saved)
    truth.copies = {"best_model.zip": ""}
    truth.write_beside(run_dir)


if __name__ == "__main__":
    main()
