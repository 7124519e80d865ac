"""Compute the SVG coordinates of charts, so that templates contain no arithmetic."""
