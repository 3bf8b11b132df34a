// The form of one task. Served as one file: each of these works by being there, and imports nothing.

import "./new-task/shortcuts.js";
import "./new-task/enter-moves-on.js";
import "./new-task/ranking.js";
import "./new-task/in-utc.js";
import "./new-task/checks.js";
import "./new-task/autosave.js";
