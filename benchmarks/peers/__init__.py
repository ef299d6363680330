"""What a user would write or pick instead of the harvester, each over the same sandbox."""
