#!/usr/bin/env node
// npm links commands before anything is built, so that the linked file must be one that is there from the start.
import '../dist/cli/main.js';
