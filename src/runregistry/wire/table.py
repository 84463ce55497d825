"""The rows of the table of endpoints: name, method, path, one sentence; ``+`` before the name marks a row that needs rights.

Source: the route index of the reference service. Beyond it, creating runs, datasets and accepted datasets and reporting that a
dataset appeared need rights here: the service lets anyone do so.
"""

from __future__ import annotations

__all__ = ["READS", "WRITES"]

READS = """
runs_filtered_ordered | POST | /runs_filtered_ordered | One page of the runs that a filter matches.
list_runs | GET | /runs | Not served: it names the call that lists runs.
get_run | GET | /runs/{run_number} | One run, or null.
runs_lastupdated_50 | GET | /runs_lastupdated_50 | The 50 runs that OMS updated last.
run_with_history | GET | /run_with_history/{run_number} | The events of a run, oldest first.
dataset_names_of_run | GET | /get_all_dataset_names_of_run/{run_number} | The names of a run's datasets, online too.
datasets_filtered_ordered | POST | /datasets_filtered_ordered | One page of the datasets that a filter matches.
get_dataset | POST | /datasets/get_dataset | One dataset with its run and its summaries, or null.
datasets_waiting | GET | /datasets_waiting | Datasets whose global state is waiting dqm gui.
datasets_waiting_dbs | GET | /datasets_waiting_dbs | Datasets that have not appeared in DBS.
datasets_of_workspace | GET | /datasets/workspace/{workspace} | Not served: it names the call that lists datasets.
lumisection_bar | POST | /datasets_get_lumisection_bar | The ranges of one component of a dataset.
export_datasets_to_csv | POST | /datasets/export_to_csv | Datasets that a filter matches, as CSV text.
unique_dataset_names | POST | /dc_tools/unique_dataset_names | The distinct names of the datasets that a filter matches.
rr_lumisections | POST | /lumisections/rr_lumisections | Triplets of each component, lumisection by lumisection.
rr_lumisection_ranges | POST | /lumisections/rr_lumisection_ranges | Ranges over which no component changes.
rr_lumisection_ranges_by_component | POST | /lumisections/rr_lumisection_ranges_by_component | Ranges of each component.
oms_lumisections | POST | /lumisections/oms_lumisections | OMS attributes, lumisection by lumisection.
oms_lumisection_ranges | POST | /lumisections/oms_lumisection_ranges | Ranges over which no OMS attribute changes.
oms_lumisection_ranges_by_dcs_bit | POST | /lumisections/oms_lumisection_ranges_by_dcs_bit | Ranges of each OMS attribute.
joint_lumisection_ranges | POST | /lumisections/joint_lumisection_ranges | Ranges over which nothing changes.
get_rr_lumisection_history | POST | /lumisections/get_rr_lumisection_history | Events of a dataset's components.
get_oms_lumisection_history | POST | /lumisections/get_oms_lumisection_history | Events of a dataset's OMS attributes.
get_data_of_json | POST | /lumisections/get_data_of_json | What rules see of the lumisections of a JSON, and its luminosity.
luminosity_of_json | POST | /lumisections/get_luminosity_of_json_with_dataset_names | The luminosity of a JSON.
get_cycles | GET | /cycles/{workspace} | Certification cycles with their datasets, by deadline.
get_datasets_accepted | GET | /datasets_accepted | Which datasets a run that leaves OPEN gets.
datasets_accepted_of_class | GET | /datasets_accepted/{run_class} | The same, of one run class.
component_classifiers | GET | /classifiers/component/{online_or_offline} | Component classifiers of one half.
get_classifiers | GET | /classifiers/{category} | The classifiers of a category that are in force.
classifiers_of_component | GET | /classifiers/{category}/filter_by_component/{component} | Classifiers of one column.
playground_run_info | GET | /classifier_playground/run_info/{run_number} | What class classifiers see of a run.
playground | POST | /classifier_playground | Evaluate a classifier on a run, part by part.
playground_arbitrary | POST | /classifier_playground_arbitrary | Evaluate a rule on any data, part by part.
playground_lumisection | POST | /classifier_playground/test_lumisection | Evaluate a rule on a lumisection, part by part.
get_workspaces | GET | /workspaces/{online_or_offline} | Workspaces of one half with their columns.
get_versions | POST | /versions/get_versions | One page of the versions of the registry, newest first.
json_portal_json | POST | /json_portal/json | A generated JSON, or how far its job is.
json_portal_jsons | POST | /json_portal/jsons | Generated JSONs and the jobs that make them.
json_creation_generate | POST | /json_creation/generate | Make a JSON at once, in the old way.
visualization_generate | POST | /visualization/generate | What a golden JSON loses of a denominator, rule by rule.
health | GET | /v1/health | Whether the registry does its work.
notifications | GET | /v1/notifications | Server-sent events: JSONs that are queued, go on, and are ready.
run_as_of | GET | /v1/runs/{run_number} | One run as it was after the version as_of, or as it is.
lumisections_as_of | GET | /v1/runs/{run_number}/datasets/{name:path}/lumisections | Lumisections as of a version, in ranges.
dataset_as_of | GET | /v1/runs/{run_number}/datasets/{name:path} | One dataset as of a version, with its run and its summaries.
runs_as_of | POST | /v1/runs | One page of the runs that a filter matched as of a version.
datasets_as_of | POST | /v1/datasets | One page of the datasets that a filter matched as of a version.
version | GET | /v1/version | Which version a number, a time or a tag means.
diff | GET | /v1/diff | What changed from one version to another: what was, what is, by whom, when and why.
tags | GET | /v1/tags | The tags, which name versions.
changes | GET | /v1/changes | What changed after an event, for mirrors: runs and datasets by version.
copies | POST | /v1/copies | Everything that is stored of some runs and their datasets, for mirrors.
metrics | GET | /v1/metrics | Figures of the registry for Prometheus.
"""

WRITES = """
+create_run | POST | /runs | Create a run with its lumisections, or update it.
+automatic_run_update | PUT | /automatic_run_update/{run_number} | Update a run as OMS has it.
+manual_run_edit | PUT | /manual_run_edit/{run_number}/{attribute} | Change one attribute of a run.
+mark_significant | POST | /runs/mark_significant | Mark a run as significant and fetch it again.
+move_run | POST | /runs/move_run/{from_state}/{to_state} | Move a run to another state.
refresh_run | POST | /runs/refresh_run/{run_number} | Fetch a run from OMS and classify it again.
reset_and_refresh_run | POST | /runs/reset_and_refresh_run/{run_number} | Fetch a run from OMS and classify it as if it were new.
+create_dataset | POST | /datasets | Create a dataset with its lumisections.
+dataset_appeared_in_dqm_gui | POST | /dataset_appeared_in_dqm_gui | Record that a dataset appeared in the DQM GUI.
+dataset_appeared_in_dbs | POST | /dataset_appeared_in_dbs | Record that a dataset appeared in DBS.
+move_dataset | POST | /datasets/{workspace}/move_dataset/{from_state}/{to_state} | Move a dataset to another state.
+put_dataset_of_workspace | PUT | /datasets/{workspace} | Not served: it names the calls that change datasets.
+post_dataset_of_workspace | POST | /datasets/{workspace} | Not served: it names the calls that change datasets.
recalculate_cache | PUT | /recalculate_cache_for_specific_dataset | Sum up a dataset's lumisections again.
+duplicate_datasets | POST | /dc_tools/duplicate_datasets | Copy datasets to another name.
+copy_columns | POST | /dc_tools/copy_column_from_datasets | Copy components from one dataset of each run to another.
+change_states | POST | /dc_tools/change_multiple_dataset_states/{workspace}/{from_state}/{to_state} | Move many datasets.
+change_all_states | POST | /dc_tools/change_multiple_dataset_states_in_all_workspaces/{to_state} | Move many datasets everywhere.
+update_columns | POST | /dc_tools/dataset_column_batch_update | Set the status of components of many datasets.
+hide_datasets | DELETE | /dc_tools/hide_datasets | Hide datasets.
+edit_rr_lumisections | PUT | /lumisections/edit_rr_lumisections | Set a component over a range.
+edit_oms_lumisections | PUT | /lumisections/edit_oms_lumisections | Set an OMS attribute over a range.
+create_cycle | POST | /cycles | Create a cycle.
+edit_cycle | PUT | /cycles | Change the name, the workspaces or the deadline of a cycle.
+delete_cycle | DELETE | /cycles | Delete a cycle; its datasets stay.
+add_datasets_to_cycle | POST | /cycles/add_datasets | Add datasets to a cycle.
+add_datasets_to_cycle_too | POST | /cycles/add_datasets_to_cycle | Add datasets to a cycle.
+delete_datasets_from_cycle | POST | /cycles/delete_datasets_from_cycle | Take datasets out of a cycle.
+mark_cycle_complete | PUT | /cycles/mark_cycle_complete/{workspace} | Mark a cycle completed in a workspace.
+mark_cycle_pending | PUT | /cycles/mark_cycle_pending/{workspace} | Mark a cycle pending in a workspace.
+move_dataset_of_cycle | POST | /cycles/move_dataset/{workspace}/{from_state}/{to_state} | Move a dataset of a cycle.
+move_all_datasets_of_cycle | POST | /cycles/move_all_datasets_to/{workspace} | Move all datasets of a cycle.
+create_dataset_accepted | POST | /datasets_accepted | Add an accepted dataset.
+edit_dataset_accepted | PUT | /datasets_accepted/{id} | Replace an accepted dataset.
+delete_dataset_accepted | DELETE | /datasets_accepted/{id} | Remove an accepted dataset.
+create_classifier | POST | /classifiers/{category} | Add a classifier.
+edit_classifier | PUT | /classifiers/{category}/{id} | Replace a classifier.
+delete_classifier | DELETE | /classifiers/{category}/{id} | Remove a classifier.
create_json_classifier | POST | /json_classifiers/{category} | Add a rule for JSONs.
edit_json_classifier | PUT | /json_classifiers/{category}/{id} | Replace a rule for JSONs of one's own.
delete_json_classifier | DELETE | /json_classifiers/{category}/{id} | Remove a rule for JSONs of one's own.
json_portal_generate | POST | /json_portal/generate | Start the making of a JSON from a rule.
create_json_as_of | POST | /v1/jsons | Start the making of a JSON from a rule, as of a version.
+create_tag | POST | /v1/tags | Put a tag on a version.
+delete_tag | DELETE | /v1/tags/{name} | Take a tag away; the version stays.
json_portal_delete | DELETE | /json_portal/json | Hide a generated JSON of one's own.
"""
