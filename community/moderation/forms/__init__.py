from .members import AppealForm, FlagForm
from .staff import AppealDecisionForm, BulkForm, DecisionForm, SanctionForm

__all__ = ["AppealDecisionForm", "AppealForm", "BulkForm", "DecisionForm", "FlagForm", "SanctionForm"]
