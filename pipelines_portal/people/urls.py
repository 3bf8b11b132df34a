from django.urls import include, path

from pipelines_portal.people.views import events, first_start, invitations, people, teams

app_name = "people"
PEOPLE = [
    path("", people.person_list, name="list"),
    path("events/", events.event_list, name="event_list"),
    path("events/export.<file_form:form>", events.event_export, name="event_export"),
    path("invite/", invitations.person_invite, name="invite"),
    path("invitations/<int:invitation_id>/renew/", invitations.invitation_renew, name="invitation_renew"),
    path("invitations/<int:invitation_id>/withdraw/", invitations.invitation_withdraw, name="invitation_withdraw"),
    path("<int:person_id>/", people.person_detail, name="detail"),
    path("<int:person_id>/role/", people.person_role, name="role"),
    path("<int:person_id>/reset-link/", people.person_reset_link, name="reset_link"),
    path("<int:person_id>/second-step/", people.person_two_step, name="two_step"),
    path("<int:person_id>/unlink/", people.person_unlink, name="unlink"),
    path("<int:person_id>/deactivate/", people.person_deactivate, name="deactivate"),
    path("<int:person_id>/let-in-again/", people.person_reactivate, name="reactivate"),
]
TEAMS = [
    path("", teams.team_list, name="team_list"),
    path("<int:team_id>/", teams.team_detail, name="team_detail"),
    path("<int:team_id>/rename/", teams.team_rename, name="team_rename"),
    path("<int:team_id>/remove/", teams.team_remove, name="team_remove"),
    path("<int:team_id>/add/", teams.team_add, name="team_add"),
    path("<int:team_id>/take-out/", teams.team_take_out, name="team_take_out"),
    path("<int:team_id>/lead/", teams.team_lead, name="team_lead"),
]
urlpatterns = [
    path("people/", include(PEOPLE)),
    path("people/teams/", include(TEAMS)),
    path("setup/", first_start.first_administrator, name="first_administrator"),
    path("invitation/<str:token>/", invitations.invitation_accept, name="invitation_accept"),
]
