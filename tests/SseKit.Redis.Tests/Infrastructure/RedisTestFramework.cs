using System.Reflection;
using Xunit.Abstractions;
using Xunit.Sdk;

[assembly: TestFramework("SseKit.Redis.Tests.Infrastructure.RedisTestFramework", "SseKit.Redis.Tests")]

namespace SseKit.Redis.Tests.Infrastructure;

/// <summary>Skips all tests of this assembly, including those of the specification, if redis-server is not installed.</summary>
public sealed class RedisTestFramework(IMessageSink messages) : XunitTestFramework(messages)
{
    protected override ITestFrameworkExecutor CreateExecutor(AssemblyName assemblyName) =>
        new Executor(assemblyName, SourceInformationProvider, DiagnosticMessageSink);

    private sealed class Executor(AssemblyName assemblyName, ISourceInformationProvider source, IMessageSink diagnostics)
        : XunitTestFrameworkExecutor(assemblyName, source, diagnostics)
    {
        protected override void RunTestCases(
            IEnumerable<IXunitTestCase> testCases, IMessageSink executionMessageSink, ITestFrameworkExecutionOptions executionOptions) =>
            base.RunTestCases(
                RedisServer.ReasonToSkip is { } reason ? testCases.Select(testCase => Skip(testCase, reason)) : testCases,
                executionMessageSink,
                executionOptions);

        private XunitSkippedDataRowTestCase Skip(IXunitTestCase testCase, string reason) => new(
            DiagnosticMessageSink,
            TestMethodDisplay.ClassAndMethod,
            TestMethodDisplayOptions.None,
            testCase.TestMethod,
            reason,
            testCase.TestMethodArguments);
    }
}
