"""The real Kubernetes that the tests run against: one node, brought up from Go modules and Debian packages."""
