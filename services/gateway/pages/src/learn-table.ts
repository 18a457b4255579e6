// Made from the calorie model by `make figures`; do not edit. Gross kcal per minute.

export interface CostRow {
  speed_m_per_s: number;
  forward: number;
  backward: number;
  low: number;
  high: number;
}

export const COST_TABLE: CostRow[] = [
  { speed_m_per_s: 0.4, forward: 2.962, backward: 3.416, low: 2.570, high: 4.262 },
  { speed_m_per_s: 0.5, forward: 3.114, backward: 3.618, low: 2.722, high: 4.514 },
  { speed_m_per_s: 0.6, forward: 3.257, backward: 3.812, low: 2.868, high: 4.755 },
  { speed_m_per_s: 0.7, forward: 3.401, backward: 4.009, low: 3.016, high: 5.001 },
  { speed_m_per_s: 0.8, forward: 3.550, backward: 4.219, low: 3.175, high: 5.264 },
  { speed_m_per_s: 0.9, forward: 3.712, backward: 4.454, low: 3.652, high: 5.256 },
  { speed_m_per_s: 1.0, forward: 3.893, backward: 4.726, low: 3.875, high: 5.576 },
  { speed_m_per_s: 1.1, forward: 4.100, backward: 5.048, low: 4.139, high: 5.956 },
  { speed_m_per_s: 1.2, forward: 4.341, backward: 5.437, low: 4.458, high: 6.415 },
  { speed_m_per_s: 1.3, forward: 4.622, backward: 5.912, low: 4.848, high: 6.976 },
  { speed_m_per_s: 1.4, forward: 4.952, backward: 6.498, low: 5.329, high: 7.668 },
  { speed_m_per_s: 1.5, forward: 5.339, backward: 7.351, low: 5.764, high: 8.938 },
  { speed_m_per_s: 1.6, forward: 5.794, backward: 8.899, low: 7.002, high: 10.797 },
  { speed_m_per_s: 1.7, forward: 6.326, backward: 10.392, low: 8.211, high: 12.574 },
  { speed_m_per_s: 1.8, forward: 6.945, backward: 11.258, low: 8.915, high: 13.601 },
  { speed_m_per_s: 1.9, forward: 7.662, backward: 11.799, low: 9.793, high: 13.805 },
  { speed_m_per_s: 2.0, forward: 8.809, backward: 12.338, low: 10.241, high: 14.436 },
  { speed_m_per_s: 2.1, forward: 9.952, backward: 12.878, low: 10.689, high: 15.067 },
  { speed_m_per_s: 2.2, forward: 10.540, backward: 13.417, low: 11.136, high: 15.698 },
  { speed_m_per_s: 2.3, forward: 10.949, backward: 13.957, low: 11.584, high: 16.330 },
  { speed_m_per_s: 2.4, forward: 11.358, backward: 14.496, low: 12.032, high: 16.961 },
  { speed_m_per_s: 2.5, forward: 11.766, backward: 15.036, low: 12.480, high: 17.592 },
  { speed_m_per_s: 2.6, forward: 12.175, backward: 15.575, low: 12.928, high: 18.223 },
  { speed_m_per_s: 2.7, forward: 12.584, backward: 16.115, low: 13.375, high: 18.854 },
  { speed_m_per_s: 2.8, forward: 12.992, backward: 16.654, low: 13.823, high: 19.486 },
  { speed_m_per_s: 2.9, forward: 13.401, backward: 17.194, low: 14.271, high: 20.117 },
  { speed_m_per_s: 3.0, forward: 13.810, backward: 17.733, low: 14.719, high: 20.748 },
];
