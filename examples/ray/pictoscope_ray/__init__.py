"""An engine for Pictoscope: a cluster of Ray."""
