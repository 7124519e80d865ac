"""Drawing: values become coordinates of SVG, so that templates place and do not reckon."""
