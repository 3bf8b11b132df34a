// The form of one task. Served as one file: each of these works by being there, and imports nothing.

import "./offers.js";
import "./new-task/shortcuts.js";
import "./new-task/enter-moves-on.js";
import "./new-task/choices.js";
import "./new-task/filling.js";
import "./new-task/pins.js";
import "./new-task/paste-rows.js";
import "./new-task/presets.js";
import "./new-task/ranking.js";
import "./new-task/checks.js";
import "./new-task/autosave.js";
import "./new-task/sends-itself.js";
