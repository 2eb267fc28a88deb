"""The sample run of `keepstep demo`, written with sparse files and the standard library only."""
