"""`python -m tfimages_action`: the same as the console script `tfimages`."""

from tfimages_action.doors.terminal import main

if __name__ == "__main__":
    main()
