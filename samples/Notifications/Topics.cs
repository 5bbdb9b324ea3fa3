namespace Notifications;

/// <summary>The topics of this app.</summary>
internal static class Topics
{
    public const string Orders = "orders";
    public const string Alerts = "alerts";
}
