/*
 * The part of Vega that our charts use, in place of the package `vega`, which brings every transform, projection and layout
 * there is. The operators are those that `parse(stackedSpec(…))` names.
 */
import { transforms } from 'vega-dataflow'
import { datajoin, encode, scale } from 'vega-encode'
import { collect, extent, sieve } from 'vega-transforms'
import { View } from 'vega-view'
import { bound, mark, render, viewlayout } from 'vega-view-transforms'

Object.assign(transforms, { bound, collect, datajoin, encode, extent, mark, render, scale, sieve, viewlayout })

export { parse } from 'vega-parser'
export { View }
