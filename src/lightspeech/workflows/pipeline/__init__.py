"""The five numbered scripts: data, teacher, students, figures, plots, each one call.

They leave their files below ``results/`` of the working folder, under names that such pipelines
usually have; what makes and measures the models is what ``compress`` and ``evaluate`` do.
"""
