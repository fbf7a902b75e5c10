"""What `influence` offers; each is loaded when it is first asked for."""

from .final_layer import find_final_layer as find_final_layer
from .final_layer import read_features as read_features
from .tracing import SHOWN as SHOWN
from .tracing import SUSPECTS as SUSPECTS
from .tracing import Tracing as Tracing
from .tracing import Views as Views
from .tracing import prepare_tracing as prepare_tracing
from .training_data import ABOUT as ABOUT
from .training_data import hash_training as hash_training
