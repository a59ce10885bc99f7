"""The commands by subject, one file each; `groundswell --help` lists them."""
