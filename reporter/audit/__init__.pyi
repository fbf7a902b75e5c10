"""What `audit` offers; each is loaded when it is first asked for."""

from .check import UNSEEN as UNSEEN
from .check import Thresholds as Thresholds
from .check import check_site as check_site
from .comparison import TOLERANCE as TOLERANCE
from .findings import Finding as Finding
from .findings import Verified as Verified
from .junit import write_junit as write_junit
from .verify import Sample as Sample
from .verify import choose_settings as choose_settings
from .verify import verify_run as verify_run
