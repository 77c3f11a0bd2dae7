"""Networks in other tools: ONNX, C, golden vectors."""
