"""The binder's equations: what it does to thickness, pores, films, stress, contact and conduction while a cell works.

They are closures of a cell model, shared by floats, NumPy arrays, compiled kernels (numba) and symbols (PyBaMM).  So
each of them stands alone, calls no other, and uses only ``+ - * / **``, ``abs`` and the functions exp, log, sqrt, tanh,
sinh, cosh, arcsinh, arctan, sign, maximum and minimum of NumPy: no branches and no checks.  What an argument may be
stands under *Validity* and in the marks; whoever calls them with numbers of people warns (`byssus.physics.calling`).

A rate of change is per second.  Lithiation is a share of full, from 0 to 1.  A volume fraction is by volume of the
coating as made, with its pores, unless it says otherwise.
"""
