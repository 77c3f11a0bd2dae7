"""The façade behind the command line and `import bitproof`: a module for each verb."""
