"""An app whose second migration takes a column away that the release before asks for."""
