"""What users write and read, and the ports between the parts of the loop."""
