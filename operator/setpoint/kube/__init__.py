"""The plant as a Deployment, and the operator around it: the only package that imports kopf or kubernetes."""
