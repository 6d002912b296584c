"""The GitHub step's door: `python3 entrypoint.py` inside the action's container."""

from tfimages_action.doors.action import main

if __name__ == "__main__":
    main()
