#!/usr/bin/perl
# Net::SMPP on behalf of a test: one JSON object a line in, one out.
#   {"do":"bind","kind":"transceiver","port":N,"system_id":"..","password":".."}
#   {"do":"request","command":"submit_sm","fields":{...}}   -> the response
#   {"do":"next"}                                           -> the next request that came in,
#                                                              which has been answered
use strict;
use warnings;
use JSON::PP;
use Net::SMPP;

my $json = JSON::PP->new->canonical->latin1->allow_nonref;
my ($smpp, @incoming);
$| = 1;

# Objects of Net::SMPP hold sockets and such: only plain fields are told.
sub plain {
    my $pdu = shift;
    return { map { $_ => $pdu->{$_} } grep { defined $pdu->{$_} && !ref $pdu->{$_} } keys %$pdu };
}

sub answer {
    my $pdu = shift;
    my %with = (seq => $pdu->{seq});
    if ($pdu->{cmd} == Net::SMPP::CMD_deliver_sm) {
        $smpp->deliver_sm_resp(message_id => '', %with);
    } elsif ($pdu->{cmd} == Net::SMPP::CMD_data_sm) {
        $smpp->data_sm_resp(message_id => '', %with);
    } elsif ($pdu->{cmd} == Net::SMPP::CMD_enquire_link) {
        $smpp->enquire_link_resp(%with);
        return;
    } elsif ($pdu->{cmd} == Net::SMPP::CMD_unbind) {
        $smpp->unbind_resp(%with);
    }
    push @incoming, $pdu;
}

sub read_pdu {
    my $pdu = $smpp->read_pdu or die "the connection has ended\n";
    return $pdu;
}

# Reads until the response to $seq is there; requests on the way are answered.
sub response {
    my $seq = shift;
    while (1) {
        my $pdu = read_pdu();
        return $pdu if $pdu->{cmd} & 0x80000000 && $pdu->{seq} == $seq;
        answer($pdu) unless $pdu->{cmd} & 0x80000000;
    }
}

my %do = (
    bind => sub {
        my $o = shift;
        my $new = "new_$o->{kind}";
        my $resp;
        ($smpp, $resp) = Net::SMPP->$new('127.0.0.1', port => $o->{port}, timeout => 20,
            system_id => $o->{system_id}, password => $o->{password}, async => 0);
        die "no connection\n" unless $smpp;
        return plain($resp);
    },
    request => sub {
        my $o = shift;
        my $command = $o->{command};
        my $seq = $smpp->$command(%{ $o->{fields} || {} }, async => 1);
        return plain(response($seq));
    },
    next => sub {
        answer(read_pdu()) until @incoming;
        return plain(shift @incoming);
    },
);

while (my $line = <STDIN>) {
    my $order = $json->decode($line);
    my $result = eval { $do{ $order->{do} }->($order) };
    print $json->encode(defined $result ? $result : { error => "$@" }), "\n";
}
