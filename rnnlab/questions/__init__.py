"""Questions: what a graded function must do, drawn, checked and explained."""
