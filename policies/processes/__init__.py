"""Which processes of this host use a directory; read-only, and never a process of keepstep."""
