// htmx, and the extension with which lists refresh in place. Served as one file.

import "../django_htmx/htmx-2.min.js";
import "../vendor/idiomorph-0.8.0/idiomorph-ext.min.js";
