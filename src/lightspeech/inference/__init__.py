"""Answers: any bundle, on any waveform, without torch."""
