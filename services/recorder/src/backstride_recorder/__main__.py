"""`python -m backstride_recorder`: runs the recorder."""

from backstride_recorder.main import main

if __name__ == "__main__":
    main()
