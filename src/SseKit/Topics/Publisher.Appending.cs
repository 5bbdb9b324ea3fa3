using System.Data.Common;
using System.Diagnostics;
using System.Net.ServerSentEvents;
using SseKit.Writing;

namespace SseKit.Topics;

/// <summary>Traces and measures appends: a publish is an activity, and each append is measured.</summary>
internal sealed partial class Publisher
{
    // A publish that cannot be encoded has failed too.
    private SseAppendRequest Request<T>(
        Activity? activity, string topic, SseItem<T> item, SsePublishOptions? options, CancellationToken cancellationToken)
    {
        try
        {
            return new SseAppendRequest
            {
                Topic = topic,
                Payloads = [encoder.Encode(item, options?.JsonTypeInfo, activity)],
                IdempotencyKey = options?.IdempotencyKey,
            };
        }
        catch (Exception exception) when (activity is not null)
        {
            PublishActivity.Fail(activity, exception, cancellationToken);
            throw;
        }
    }

    private async ValueTask<string> PublishAsync(
        Activity? activity, SseAppendRequest request, DbTransaction? transaction, CancellationToken cancellationToken)
    {
        await CallerContext.LeaveAsync();
        if (activity is null)
        {
            return (await AppendAsync(request, transaction, cancellationToken)).Position.ToString();
        }

        PublishActivity.MakeCurrent(activity);
        SseAppendResult appended;
        try
        {
            appended = await AppendAsync(request, transaction, cancellationToken);
        }
        catch (Exception exception)
        {
            PublishActivity.Fail(activity, exception, cancellationToken);
            throw;
        }

        PublishActivity.Succeed(activity, appended);
        return appended.Position.ToString();
    }

    private ValueTask<SseAppendResult> AppendAsync(
        SseAppendRequest request, DbTransaction? transaction, CancellationToken cancellationToken) => metrics.MeasuresPublishes
            ? AppendMeasuredAsync(request, transaction, cancellationToken)
            : AppendUnmeasuredAsync(request, transaction, cancellationToken);

    private async ValueTask<SseAppendResult> AppendMeasuredAsync(
        SseAppendRequest request, DbTransaction? transaction, CancellationToken cancellationToken)
    {
        long began = metrics.Now;
        SseAppendResult appended;
        try
        {
            appended = await AppendUnmeasuredAsync(request, transaction, cancellationToken);
        }
        catch (Exception exception)
        {
            metrics.Published(began, PublishOutcome.Of(exception, cancellationToken));
            throw;
        }

        metrics.Published(began, PublishOutcome.Of(appended));
        return appended;
    }

    private ValueTask<SseAppendResult> AppendUnmeasuredAsync(
        SseAppendRequest request, DbTransaction? transaction, CancellationToken cancellationToken)
    {
        if (transaction is not null)
        {
            return Transactional(transaction).AppendAsync(transaction, request, cancellationToken);
        }

        // A store that completes at once, as the one in memory does, needs no task.
        return _work.HasRoom && !cancellationToken.IsCancellationRequested
            ? _work.WaitAsync(AppendAndAnnounceAsync(request), cancellationToken)
            : _work.RunAsync(
                (Publisher: this, request), static append => append.Publisher.AppendAndAnnounceAsync(append.request), cancellationToken);
    }

    private ISseTransactionalEventStore Transactional(DbTransaction transaction) => store as ISseTransactionalEventStore
        ?? throw new InvalidOperationException(
            $"{store.GetType().Name} cannot publish within a {transaction.GetType().Name}. "
            + "SsePublishOptions.Transaction needs a store in the transaction's database, such as AddPostgreSqlEventStore or "
            + "AddSqliteEventStore.");
}
