"""Words of direction and their opposites, as data.

An axis a line: the words that raise it, those that lower it. Words of different axes are not opposites: a lower latency
is a better one. Every form that is no mere ending is listed; `polarity.py` compares index terms.
"""

AXES = (
    (
        "increase rise raise grow growth elevate boost expand expansion augment amplify upregulate higher highest "
        "high greater greatest larger largest large longer longest gain maximize enlarge extend bigger",
        "decrease fall lower lowest low reduce reduction decline diminish drop shrink cut downregulate "
        "smaller smallest small shorter shortest loss lose minimize attenuate attenuation deplete depletion "
        "halve shorten",
    ),
    (
        "fast faster fastest quick quicker quickly rapid rapidly accelerate acceleration speed speedup",
        "slow slower slowest slowly decelerate slowdown delay",
    ),
    (
        "improve enhance better best superior superiority outperform surpass exceed beat benefit strengthen beneficial "
        "good advantage ameliorate",
        "worsen degrade degradation impair impairment worse worst inferior underperform deteriorate deterioration harm "
        "weaken hurt damage harmful poor poorer detrimental disadvantage",
    ),
    (
        "promote activate activation induce induction stimulate stimulation enable facilitate allow trigger cause",
        "inhibit inhibition suppress suppression prevent prevention block impede hinder repress abolish inactivate "
        "inactivation deactivate hamper disrupt disruption preclude",
    ),
    ("more most many", "less least fewer fewest few"),
    ("strong stronger strongest strongly", "weak weaker weakest weakly"),
    ("positive positively", "negative negatively inverse inversely"),
    ("easy easier easiest easily simple simpler", "hard harder hardest difficult difficulty challenging complex"),
    ("success successful successfully", "failure unsuccessful unsuccessfully"),
    ("present", "absent"),
    ("early earlier", "late later"),
    ("sensitive sensitivity susceptible vulnerable", "resistant resistance"),
    ("cheap cheaper cheapest inexpensive", "expensive costly costlier"),
    ("short shorter", "long longer"),
    ("always often frequently", "never rarely seldom"),
    ("maintain preserve retain", "sacrifice sacrificing"),
    ("upper", "lower"),
    ("agree agreement", "disagree disagreement"),
    ("appear", "disappear"),
    ("effective effectively", "ineffective ineffectively"),
    ("efficient efficiently", "inefficient inefficiently"),
    ("necessary essential indispensable", "unnecessary dispensable"),
    ("able capable", "unable incapable"),
    ("possible", "impossible"),
    ("dependent", "independent"),
    ("accurate accurately", "inaccurate inaccurately"),
    ("stable", "unstable"),
    ("reliable reliably", "unreliable"),
    ("consistent consistently", "inconsistent inconsistently"),
    ("sufficient sufficiently adequate", "insufficient insufficiently inadequate"),
    ("related", "unrelated"),
    ("known", "unknown"),
    ("likely", "unlikely"),
    ("significant significantly", "insignificant insignificantly negligible marginal marginally"),
    ("active", "inactive"),
    ("correct correctly", "incorrect incorrectly"),
    ("complete completely", "incomplete"),
    ("safe", "unsafe"),
)
MOVING = 4  # the first axes, on which things move up or down: “promotes” is nearer to “increases” than to “reduces”
