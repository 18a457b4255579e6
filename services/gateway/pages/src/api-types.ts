// Made from the API's models by `make generated`; do not edit.

export interface AcceptBody {
  version: string;
}

export interface AcceptedView {
  version: string;
  accepted_at: string;
}

export interface AccountView {
  account_id: string;
  sign_in_name: string;
  role: "member" | "operator" | "admin";
  gym_id: string | null;
  member_id: string | null;
}

export interface AcknowledgementView {
  alert_id: string;
  acknowledged_at: string;
  acknowledged_by: string | null;
}

export interface AlertList {
  alerts: AlertView[];
  next_cursor: string | null;
}

export interface AlertView {
  alert_id: string;
  gym_id: string;
  treadmill_id: string;
  kind: string;
  sentence: string;
  raised_at: string;
  recovered_at: string | null;
  is_active: boolean;
  acknowledged_at: string | null;
  acknowledged_by: string | null;
  claim_id: string | null;
  direction: "forward" | "reverse" | null;
  speed_m_per_s: number | null;
  grade_percent: number | null;
  limit_m_per_s: number | null;
}

export interface BackwardCue {
  max_speed_m_per_s: number;
  sentence: string;
}

export interface CardBody {
  card: string;
  name?: string;
}

export interface CardList {
  cards: CardView[];
}

export interface CardView {
  card_id: string;
  name: string;
  added_at: string;
}

export interface ClaimAnswer {
  claim_id: string;
  member_id: string;
  gym_id: string;
  treadmill_id: string;
  claimed_at: string;
  released_at: string | null;
  purpose: string | null;
  precautions_due: boolean;
}

export interface ClaimBody {
  member_id: string;
  purpose?: "warm-up" | "agility" | "rehabilitation" | "training" | null;
  precautions_version?: string | null;
}

export interface Correction {
  correction_id: string;
  session_id: string;
  requested_at: string;
  status: "pending" | "applied" | "refused";
  applied_at: string | null;
  reason: string | null;
  mass_kg: number | null;
  hands: "free" | "rest" | "grip" | null;
  facing: "console" | "away" | null;
  ended_at: string | null;
}

export interface CorrectionBody {
  mass_kg?: number | null;
  hands?: "free" | "rest" | "grip" | null;
  facing?: "console" | "away" | null;
  ended_at?: string | null;
}

export interface Difference {
  duration_s: number;
  distance_m: number;
  gross_kcal: number;
  backward_duration_s: number;
}

export interface Dividend {
  ratio: number;
  sd: number;
  low: number;
  high: number;
  sentence: string;
  in_words: string;
}

export interface Energy {
  gross_kcal: number;
  net_kcal: number;
  low_kcal: number;
  high_kcal: number;
  uncertainty_percent: number;
  display: string;
}

export interface Entrance {
  is_demo: boolean;
  is_set_up: boolean;
}

export interface Erasure {
  erasure_id: string;
  status: "pending" | "done";
  requested_at: string;
  finished_at: string | null;
  claims_count: number;
  claims_erased_count: number;
  receipt: ErasureReceipt | null;
}

export interface ErasureBody {
  password?: string | null;
  confirm?: string | null;
}

export interface ErasureReceipt {
  removed: Removed[];
  stays: string[];
}

export interface ErasureStarted {
  erasure_id: string;
  receipt_code: string;
  requested_at: string;
}

export interface FaultAsked {
  program: string;
}

export interface FieldProblem {
  field: string;
  message: string;
}

export interface Fitness {
  vo2max_ml_per_kg_per_min: number | null;
  source: "measured" | "calibrated" | "estimated" | null;
  reason: string;
}

export interface Gait {
  duration_s: number;
  distance_m: number;
  max_speed_m_per_s: number;
  energy: Energy;
}

export interface GoalsBody {
  minutes?: number | null;
  kcal?: number | null;
  backward_minutes?: number | null;
}

export interface GymList {
  gyms: GymView[];
}

export interface GymStatisticsView {
  gym_id: string;
  first_on: string;
  last_on: string;
  members_count: number | null;
  of_members: GymSums | null;
  of_nobody: GymSums;
}

export interface GymSums {
  sessions_count: number;
  forward_s: number;
  backward_s: number;
  forward_m: number;
  backward_m: number;
  forward_gross_kcal: number;
  backward_gross_kcal: number;
}

export interface GymView {
  gym_id: string;
  name: string;
  has_join_code: boolean;
}

export interface HeldClaim {
  claim_id: string;
  member_id: string | null;
  display_name: string | null;
  purpose: string | null;
  claimed_at: string;
}

export interface InvitationBody {
  role?: "member" | "operator" | "admin";
  member_id?: string | null;
}

export interface JoinBody {
  code: string;
  sign_in_name: string;
  password: string;
  display_name: string;
  time_zone?: string;
  is_name_shown?: boolean;
}

export interface JoinCodeView {
  code: string;
}

export interface JoinGymBody {
  code: string;
}

export interface MassBody {
  mass_kg: number;
  valid_from_on?: string | null;
}

export interface MassList {
  masses: MassView[];
}

export interface MassView {
  valid_from_on: string;
  mass_kg: number | null;
}

export interface MemberDetail {
  display_name: string;
  mass_kg?: number | null;
  height_cm?: number | null;
  birth_year?: number | null;
  sex?: "male" | "female" | null;
  facing?: "console" | "away";
  resting_heart_rate_bpm?: number | null;
  max_heart_rate_bpm?: number | null;
  vo2max_ml_per_kg_per_min?: number | null;
  has_beta_blocker?: boolean;
  energy_model?: "backstride-1" | "acsm";
  time_zone?: string;
  is_name_shown?: boolean;
  is_calibration_allowed?: boolean;
  is_heart_rate_used?: boolean;
  is_counted_in_statistics?: boolean;
  units?: "metric" | "imperial";
  member_id: string;
  gym_id: string;
  member_number: string;
  is_demo: boolean;
  created_at: string;
  practice: Practice;
  effective_vo2max: Fitness | null;
}

export interface MemberExport {
  export_id: string;
  status: "waiting" | "running" | "ready" | "failed";
  requested_at: string;
  sessions_count: number | null;
  sessions_done: number;
  ready_at: string | null;
  expires_at: string | null;
  file_bytes: number | null;
  file_url: string | null;
  reason: string | null;
}

export interface MemberExportList {
  exports: MemberExport[];
}

export interface MemberList {
  members: MemberView[];
  next_cursor: string | null;
}

export interface MemberSummary {
  member_id: string;
  period: "day" | "week" | "month" | "year" | "all";
  purpose: string | null;
  time_zone: string;
  first_on: string;
  last_on: string;
  periods: PeriodSums[];
  total: Sums;
  by_purpose: PurposeSums[];
  previous: PreviousSums | null;
}

export interface MemberView {
  display_name: string;
  mass_kg?: number | null;
  height_cm?: number | null;
  birth_year?: number | null;
  sex?: "male" | "female" | null;
  facing?: "console" | "away";
  resting_heart_rate_bpm?: number | null;
  max_heart_rate_bpm?: number | null;
  vo2max_ml_per_kg_per_min?: number | null;
  has_beta_blocker?: boolean;
  energy_model?: "backstride-1" | "acsm";
  time_zone?: string;
  is_name_shown?: boolean;
  is_calibration_allowed?: boolean;
  is_heart_rate_used?: boolean;
  is_counted_in_statistics?: boolean;
  units?: "metric" | "imperial";
  member_id: string;
  gym_id: string;
  member_number: string;
  is_demo: boolean;
  created_at: string;
}

export interface MembershipList {
  gyms: MembershipView[];
}

export interface MembershipView {
  gym_id: string;
  gym_name: string;
  member_number: string;
  joined_at: string;
  is_first: boolean;
}

export interface NewGymBody {
  gym_id: string;
  name: string;
}

export interface NewMemberBody {
  display_name: string;
  mass_kg?: number | null;
  height_cm?: number | null;
  birth_year?: number | null;
  sex?: "male" | "female" | null;
  facing?: "console" | "away";
  resting_heart_rate_bpm?: number | null;
  max_heart_rate_bpm?: number | null;
  vo2max_ml_per_kg_per_min?: number | null;
  has_beta_blocker?: boolean;
  energy_model?: "backstride-1" | "acsm";
  time_zone?: string;
  is_name_shown?: boolean;
  is_calibration_allowed?: boolean;
  is_heart_rate_used?: boolean;
  is_counted_in_statistics?: boolean;
  units?: "metric" | "imperial";
  gym_id: string;
  member_number: string;
}

export interface NewTokenBody {
  name: string;
  can_write?: boolean;
}

export interface NewTokenView {
  token_id: string;
  name: string;
  can_write: boolean;
  created_at: string;
  token: string;
}

export interface OneTimeCodeView {
  code: string;
  expires_at: string;
}

export interface PasswordBody {
  old_password: string;
  new_password: string;
}

export interface PeriodSums {
  sessions_count: number;
  forward: Gait;
  backward: Gait;
  energy: Energy;
  direction_changes: number;
  longest_backward_s: number;
  reverse_dividend: Dividend | null;
  label: string;
  starts_on: string;
  starts_at: string;
  ends_at: string;
}

export interface PinBody {
  pin: string;
}

export interface Practice {
  lifetime_backward_minutes: number;
  tier: number;
  advised_max_speed_m_per_s: number;
  sentence: string;
}

export interface PrecautionView {
  code: string;
  sentence: string;
}

export interface Precautions {
  version: string;
  is_due: boolean;
  precautions: PrecautionView[];
  programme: string[];
  accepted: AcceptedView[];
}

export interface PresentAlert {
  alert_id: string;
  kind: string;
  sentence: string;
  raised_at: string;
}

export interface PresentFlag {
  code: string;
  sentence: string;
}

export interface PreviousSums {
  sessions_count: number;
  forward: Gait;
  backward: Gait;
  energy: Energy;
  direction_changes: number;
  longest_backward_s: number;
  reverse_dividend: Dividend | null;
  first_on: string;
  last_on: string;
  difference: Difference;
}

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail?: string | null;
  instance?: string | null;
  request_id?: string | null;
  errors?: FieldProblem[];
}

export interface ProfileBody {
  display_name: string;
  mass_kg?: number | null;
  height_cm?: number | null;
  birth_year?: number | null;
  sex?: "male" | "female" | null;
  facing?: "console" | "away";
  resting_heart_rate_bpm?: number | null;
  max_heart_rate_bpm?: number | null;
  vo2max_ml_per_kg_per_min?: number | null;
  has_beta_blocker?: boolean;
  energy_model?: "backstride-1" | "acsm";
  time_zone?: string;
  is_name_shown?: boolean;
  is_calibration_allowed?: boolean;
  is_heart_rate_used?: boolean;
  is_counted_in_statistics?: boolean;
  units?: "metric" | "imperial";
}

export interface ProgramView {
  name: string;
  state: string;
  restarts: number;
}

export interface ProgressView {
  goal: number;
  done: number;
  fraction: number;
  is_reached: boolean;
}

export interface PurposeSums {
  sessions_count: number;
  forward: Gait;
  backward: Gait;
  energy: Energy;
  direction_changes: number;
  longest_backward_s: number;
  reverse_dividend: Dividend | null;
  purpose: string | null;
}

export interface RaisedFlag {
  code: string;
  duration_s: number;
  sentence: string;
}

export interface ReadingCountsView {
  sent: number;
  stored: number;
  lost: number;
  doubled: number;
}

export interface RecordList {
  records: RecordView[];
}

export interface RecordView {
  kind: "longest-session-s" | "farthest-session-m" | "most-gross-kcal" | "longest-backward-stretch-s" | "most-backward-s" | "most-backward-m" | "fastest-backward-m-per-s" | "fastest-forward-m-per-s" | "most-direction-changes";
  value: number;
  session_id: string;
  started_at: string;
}

export interface RegisteredTreadmillList {
  treadmills: RegisteredTreadmillView[];
}

export interface RegisteredTreadmillView {
  treadmill_id: string;
  name: string;
  added_at: string;
  code: string | null;
  last_reading_at: string | null;
}

export interface ReleaseBody {
  member_id?: string | null;
}

export interface Removed {
  store: "relational store" | "series" | "files";
  what: string;
  count: number;
}

export interface ResetBody {
  code: string;
  password: string;
}

export interface ResetCodeBody {
  sign_in_name: string;
}

export interface RunningSession {
  session_id: string;
  claim_id: string | null;
  is_running: boolean;
  started_at: string;
  forward: Gait;
  backward: Gait;
  direction_changes: number;
  energy: Energy;
  heart_rate_used_s: number;
  reverse_dividend: Dividend | null;
  flags: RaisedFlag[];
}

export interface Series {
  session_id: string;
  resolution_s: number;
  is_from_minutes: boolean;
  points: SeriesPoint[];
}

export interface SeriesPoint {
  at: string;
  readings_count: number;
  belt_velocity_m_per_s: number;
  min_belt_velocity_m_per_s: number;
  max_belt_velocity_m_per_s: number;
  grade_percent: number | null;
  gross_kcal_per_min: number;
  low_kcal_per_min: number;
  high_kcal_per_min: number;
  net_kcal_per_min: number;
  uncertainty_percent: number;
  heart_rate_bpm: number | null;
  session_gross_kcal: number | null;
  flags: string[];
}

export interface Session {
  session_id: string;
  gym_id: string;
  treadmill_id: string;
  member_id: string | null;
  claim_id: string | null;
  purpose: string | null;
  started_at: string;
  last_moving_at: string;
  ended_at: string | null;
  is_running: boolean;
  is_facing_away: boolean;
  forward: Gait;
  backward: Gait;
  energy: Energy;
  standing_s: number;
  absent_s: number;
  gap_s: number;
  gaps_count: number;
  readings_count: number;
  direction_changes: number;
  longest_backward_s: number;
  mean_heart_rate_bpm: number | null;
  max_heart_rate_bpm: number | null;
  heart_rate_used_s: number;
  reverse_dividend: Dividend | null;
  flags: RaisedFlag[];
  model_version: string;
  recomputed_at: string | null;
}

export interface SessionDeletion {
  session_id: string;
  status: string;
  requested_at: string;
}

export interface SessionDetail {
  session_id: string;
  gym_id: string;
  treadmill_id: string;
  member_id: string | null;
  claim_id: string | null;
  purpose: string | null;
  started_at: string;
  last_moving_at: string;
  ended_at: string | null;
  is_running: boolean;
  is_facing_away: boolean;
  forward: Gait;
  backward: Gait;
  energy: Energy;
  standing_s: number;
  absent_s: number;
  gap_s: number;
  gaps_count: number;
  readings_count: number;
  direction_changes: number;
  longest_backward_s: number;
  mean_heart_rate_bpm: number | null;
  max_heart_rate_bpm: number | null;
  heart_rate_used_s: number;
  reverse_dividend: Dividend | null;
  flags: RaisedFlag[];
  model_version: string;
  recomputed_at: string | null;
  deletion: SessionDeletion | null;
  corrections: Correction[];
}

export interface SessionList {
  sessions: Session[];
  next_cursor: string | null;
}

export interface SetUpBody {
  set_up_code: string;
  gym_id: string;
  gym_name: string;
  sign_in_name: string;
  password: string;
  treadmills?: TreadmillBody[];
}

export interface SignInBody {
  sign_in_name: string;
  password: string;
}

export interface SignedInView {
  account_id: string;
  sign_in_name: string;
  role: "member" | "operator" | "admin";
  gym_id: string | null;
  member_id: string | null;
  csrf_token: string;
}

export interface Status {
  is_demo: boolean;
  model_version: string;
  counted_at: string | null;
  readings: ReadingCountsView | null;
  programs: ProgramView[];
}

export interface StreakView {
  current: number;
  longest: number;
}

export interface Streaks {
  time_zone: string;
  days: StreakView;
  weeks: StreakView;
}

export interface Sums {
  sessions_count: number;
  forward: Gait;
  backward: Gait;
  energy: Energy;
  direction_changes: number;
  longest_backward_s: number;
  reverse_dividend: Dividend | null;
}

export interface TakeOverBody {
  member_id: string;
  code: string;
}

export interface TakeOverOffer {
  session_id: string;
  started_at: string;
  last_moving_at: string;
  expires_at: string;
  is_running: boolean;
  duration_s: number;
  distance_m: number;
  energy: Energy;
}

export interface TokenList {
  tokens: TokenView[];
}

export interface TokenView {
  token_id: string;
  name: string;
  can_write: boolean;
  created_at: string;
}

export interface Treadmill {
  gym_id: string;
  treadmill_id: string;
  status: "moving" | "standing" | "silent";
  is_online: boolean | null;
  direction: "forward" | "reverse" | null;
  belt_velocity_m_per_s: number | null;
  grade_percent: number | null;
  heart_rate_bpm: number | null;
  gross_kcal_per_min: number | null;
  net_kcal_per_min: number | null;
  uncertainty_percent: number | null;
  flags: PresentFlag[];
  last_reading_at: string | null;
  last_reading_age_s: number | null;
  session: RunningSession | null;
  claim: HeldClaim | null;
  alerts: PresentAlert[];
  backward_advice: BackwardCue | null;
}

export interface TreadmillBody {
  treadmill_id: string;
  name: string;
}

export interface TreadmillByCode {
  gym_id: string;
  gym_name: string;
  treadmill: string;
  treadmill_id: string;
  treadmill_name: string;
  is_registered: boolean;
  is_claimed: boolean;
  is_mine: boolean;
  take_over: TakeOverOffer | null;
}

export interface TreadmillCodeView {
  code: string;
  url: string;
}

export interface TreadmillList {
  treadmills: Treadmill[];
}

export interface WeekGoals {
  label: string;
  starts_on: string;
  minutes: ProgressView | null;
  kcal: ProgressView | null;
  backward_minutes: ProgressView | null;
  total: Sums;
}
