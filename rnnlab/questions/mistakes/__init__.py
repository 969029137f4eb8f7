"""Known mistakes, a module for each assignment: wrong answers that students write, with the sentence that helps."""
