"""``python -m glowrec``, which is the command ``glowrec``."""

from glowrec.cli import main

if __name__ == "__main__":
    main()
