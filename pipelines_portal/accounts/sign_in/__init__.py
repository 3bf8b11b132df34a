"""The one way in: allauth's flow with our forms, stages and words; and what was typed kept on the way."""
