// What every page of the portal does. Served as one file: each of these works by being there, and imports nothing.

import "./every-page/countdown.js";
import "./every-page/enter-sends.js";
import "./every-page/live-lists.js";
import "./every-page/menus.js";
import "./every-page/modules-on-focus.js";
import "./every-page/no-answer.js";
import "./every-page/palette.js";
import "./every-page/polling.js";
import "./every-page/row-links.js";
import "./every-page/send-once.js";
import "./every-page/single-keys.js";
import "./every-page/space-presses.js";
import "./every-page/task-selection.js";
import "./every-page/times.js";
import "./every-page/toasts.js";
