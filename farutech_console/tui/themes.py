"""Two themes in the colours of Okabe and Ito, which hold for colour-blind eyes.

Every theme needs the `tone-*` variables; `DEFAULTS` lends them to Textual's own themes.
"""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="farutech-dark",
    primary="#56B4E9",
    secondary="#0072B2",
    accent="#E69F00",
    foreground="#D6DBE0",
    background="#0E1216",
    surface="#151B21",
    panel="#1F272F",
    success="#2BB58A",
    warning="#E69F00",
    error="#F07A4A",
    dark=True,
    variables={
        "tone-ok": "#2BB58A",
        "tone-warn": "#E69F00",
        "tone-bad": "#F07A4A",
        "tone-muted": "#8A96A3",
        "tone-accent": "#56B4E9",
        "tone-first": "#56B4E9",
        "tone-second": "#E69F00",
        "tone-third": "#CC79A7",
        "row-cursor": "#202E3C",
        "border": "#3A4652",
        "input-selection-background": "#35566B",
        "footer-key-foreground": "#56B4E9",
        "block-cursor-text-style": "bold",
    },
)

LIGHT = Theme(
    name="farutech-light",
    primary="#005F96",
    secondary="#0072B2",
    accent="#8F5A00",
    foreground="#1B2228",
    background="#FAFAF8",
    surface="#F1F2F0",
    panel="#E4E7E6",
    success="#00694C",
    warning="#8F5A00",
    error="#B03A00",
    dark=False,
    variables={
        "tone-ok": "#00694C",
        "tone-warn": "#8F5A00",
        "tone-bad": "#B03A00",
        "tone-muted": "#5A6670",
        "tone-accent": "#005F96",
        "tone-first": "#005F96",
        "tone-second": "#8F5A00",
        "tone-third": "#93346B",
        "row-cursor": "#D8E7F3",
        "border": "#A9B4BC",
        "footer-key-foreground": "#005F96",
        "block-cursor-text-style": "bold",
    },
)

THEMES = {"dark": DARK, "light": LIGHT}

DEFAULTS = {
    "tone-ok": "$text-success",
    "tone-warn": "$text-warning",
    "tone-bad": "$text-error",
    "tone-muted": "$text-muted",
    "tone-accent": "$text-primary",
    "tone-first": "$text-primary",
    "tone-second": "$text-warning",
    "tone-third": "$text-accent",
    "row-cursor": "$surface-lighten-2",
}
