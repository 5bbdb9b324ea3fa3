using System.Diagnostics;
using SseKit.Connections;

namespace SseKit.Topics;

/// <summary>The trace of one append: of an event, or of a page of many.</summary>
internal static class PublishActivity
{
    /// <summary>Returns null if no listener takes it.</summary>
    /// <param name="topic">The topic. A trace may contain its name, a metric may not.</param>
    /// <param name="page">The number of events in a page; null for an event that is published alone.</param>
    public static Activity? Start(string topic, int? page = null)
    {
        if (!SafeActivity.Source.HasListeners())
        {
            return null;
        }

        List<KeyValuePair<string, object?>> tags =
        [
            new("messaging.system", "ssekit"),
            new("messaging.operation.name", "publish"),
            new("messaging.operation.type", "send"),
            new("messaging.destination.name", topic),
        ];
        if (page is not null)
        {
            tags.Add(new("messaging.batch.message_count", page));
        }

        return SafeActivity.Start("SseKit.Publish", ActivityKind.Producer, tags);
    }

    /// <summary>Makes an activity the parent of what an asynchronous method does from here on, such as statements of a database.</summary>
    public static void MakeCurrent(Activity activity)
    {
        try
        {
            Activity.Current = activity;
        }
        catch (Exception)
        {
            // A listener of Activity.CurrentChanged is code of the app.
        }
    }

    public static void Succeed(Activity activity, SseAppendResult appended)
    {
        activity.SetTag("messaging.message.id", appended.Position.ToString());
        Stop(activity, PublishOutcome.Of(appended));
    }

    public static void Fail(Activity activity, Exception failure, CancellationToken cancellationToken)
    {
        activity.SetTag("error.type", failure.GetType().FullName);
        activity.SetStatus(ActivityStatusCode.Error, failure.Message);
        Stop(activity, PublishOutcome.Of(failure, cancellationToken));
    }

    private static void Stop(Activity activity, PublishOutcome outcome)
    {
        activity.SetTag("ssekit.outcome", outcome.Name);
        SafeActivity.Stop(activity);
    }
}
