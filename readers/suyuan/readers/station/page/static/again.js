// The station is just starting: the page that was asked for is looked at again until it is there.
"use strict";

setTimeout(() => location.reload(), 2000);
