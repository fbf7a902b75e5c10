"""What `influence` offers; each is loaded when it is first asked for."""

from .features import Cache as Cache
from .features import FeatureExtractor as FeatureExtractor
from .features import Head as Head
from .features import extract_features as extract_features
from .features import open_cache as open_cache
from .features import project as project
from .final_layer import FinalLayer as FinalLayer
from .final_layer import find_final_layer as find_final_layer
from .final_layer import read_features as read_features
from .retraining import measure_validity as measure_validity
from .tracin import Array as Array
from .tracin import CheckpointView as CheckpointView
from .tracin import Columns as Columns
from .tracin import compute_loss_gradient as compute_loss_gradient
from .tracin import find_largest as find_largest
from .tracin import trace_influence as trace_influence
from .tracin import trace_self_influence as trace_self_influence
from .training_data import ABOUT as ABOUT
from .training_data import Examples as Examples
from .training_data import find_sources as find_sources
from .training_data import hash_training as hash_training
from .training_data import read_examples as read_examples
from .training_data import read_head as read_head
from .training_data import read_rate as read_rate
